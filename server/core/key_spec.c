/* Keys among arguments: from the key specs of a row, or from its own function. */
#include "server/core/command.h"
#include "storage/base/num.h"

/* Where the search of 'k' begins, 0 if its keyword is not there. */
static int beginOf(const keySpec *k, const bytes *argv, int argc) {
    if (!k->keyword) return k->first;
    int step = k->start_from > 0 ? 1 : -1;
    int from = k->start_from > 0 ? k->start_from : argc + k->start_from;
    for (int i = from; i > 0 && i < argc; i += step)
        if (bytesEqualWord(argv[i], k->keyword)) return i + 1;
    return 0;
}

/* First and last position and step of the keys of 'k'. False if the arguments are no valid call. */
static bool rangeOf(const keySpec *k, const bytes *argv, int argc, int *first, int *last,
                    int *step) {
    int begin = beginOf(k, argv, argc);
    *first = begin;
    *last = -1;
    *step = k->step > 0 ? k->step : 1;
    if (begin == 0) return true; /* The optional word is absent: no keys, no error. */
    if (k->keynum) {
        int at = begin + k->keynum_at;
        int64_t count;
        if (at >= argc || !numParseInt(argv[at], &count) || count < 0) return false;
        *first = begin + k->keynum_first;
        if (count > argc) return false;
        *last = *first + ((int)count - 1) * *step;
        return true;
    }
    if (k->last >= 0)
        *last = begin + k->last;
    else if (k->limit <= 1)
        *last = argc + k->last;
    else
        *last = begin + (argc - begin) / k->limit + k->last;
    return true;
}

bool commandHasKeys(const command *cmd) {
    const commandSpec *spec = cmd->spec;
    if (spec->getKeys) return true;
    for (int i = 0; i < COMMAND_KEY_SPECS && spec->keys[i].use; i++)
        if (!(spec->keys[i].use & KEY_NOT_KEY)) return true;
    return false;
}

static bool isFixedRange(const keySpec *k) {
    return k->use && !k->keynum && !k->keyword && !k->unknown;
}

keyRange commandKeyRange(const command *cmd) {
    const keySpec *k = cmd->spec->keys;
    if (!isFixedRange(k)) return (keyRange){0};
    keyRange range = {k->first, k->last < 0 ? k->last : k->first + k->last, k->step};
    for (int i = 1; i < COMMAND_KEY_SPECS && range.last > 0; i++) {
        if (!isFixedRange(&k[i]) || k[i].first != range.last + 1 || k[i].step != range.step) break;
        range.last = k[i].last < 0 ? k[i].last : k[i].first + k[i].last;
    }
    return range;
}

int commandKeys(const command *cmd, const bytes *argv, int argc, keyPosition *out, int max) {
    const commandSpec *spec = cmd->spec;
    if (spec->getKeys) return spec->getKeys(argv, argc, out, max);
    int count = 0;
    for (int s = 0; s < COMMAND_KEY_SPECS && spec->keys[s].use; s++) {
        const keySpec *k = &spec->keys[s];
        if (k->unknown || (k->use & KEY_NOT_KEY)) continue;
        int first, last, step;
        if (!rangeOf(k, argv, argc, &first, &last, &step)) return -1;
        for (int i = first; i <= last; i += step) {
            if (i >= argc || i < 1) return -1;
            if (count < max) out[count] = (keyPosition){i, k->use};
            count++;
        }
    }
    return count < max ? count : max;
}
