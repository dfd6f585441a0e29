#include "storage/base/chain.h"
#include "tests/support/suite.h"

typedef struct item {
    int value;
    chainNode node;
} item;

static int valueOf(const chainNode *node) {
    return CHAIN_ITEM(node, item, node)->value;
}

START_TEST(freshChainIsEmpty) {
    chain c;
    chainInit(&c);
    ck_assert(chainIsEmpty(&c));
    ck_assert_ptr_null(chainFirst(&c));
    ck_assert_ptr_null(chainLast(&c));
    ck_assert_ptr_null(chainTakeFirst(&c));
    CHAIN_EACH(&c, node) ck_abort_msg("an empty chain has no node, yet %p", (void *)node);
}
END_TEST

START_TEST(keepsOrderOfAppendPrependAndInsert) {
    item items[4] = {{.value = 2}, {.value = 4}, {.value = 1}, {.value = 3}};
    chain c;
    chainInit(&c);
    chainAppend(&c, &items[0].node);
    chainAppend(&c, &items[1].node);
    chainPrepend(&c, &items[2].node);
    chainInsertBefore(&c, &items[1].node, &items[3].node);
    int expected = 1;
    CHAIN_EACH(&c, node) ck_assert_int_eq(valueOf(node), expected++);
    ck_assert_int_eq(expected, 5);
    ck_assert_uint_eq(c.count, 4);
    ck_assert_int_eq(valueOf(chainFirst(&c)), 1);
    ck_assert_int_eq(valueOf(chainLast(&c)), 4);
    ck_assert_int_eq(valueOf(chainNext(&c, &items[2].node)), 2);
    ck_assert_int_eq(valueOf(chainPrev(&c, &items[1].node)), 3);
    ck_assert_ptr_null(chainNext(&c, &items[1].node));
    ck_assert_ptr_null(chainPrev(&c, &items[2].node));
}
END_TEST

START_TEST(removedNodeIsUnlinkedAndCanBeAddedAgain) {
    item items[3] = {{.value = 0}, {.value = 1}, {.value = 2}};
    chain c;
    chainInit(&c);
    for (int i = 0; i < 3; i++) {
        ck_assert(!chainLinked(&items[i].node));
        chainAppend(&c, &items[i].node);
        ck_assert(chainLinked(&items[i].node));
    }
    chainRemove(&c, &items[1].node);
    ck_assert(!chainLinked(&items[1].node));
    ck_assert_int_eq(valueOf(chainNext(&c, &items[0].node)), 2);
    chainAppend(&c, &items[1].node);
    ck_assert_int_eq(valueOf(chainLast(&c)), 1);
    ck_assert_int_eq(valueOf(chainTakeFirst(&c)), 0);
    ck_assert_int_eq(valueOf(chainTakeFirst(&c)), 2);
    ck_assert_int_eq(valueOf(chainTakeFirst(&c)), 1);
    ck_assert(chainIsEmpty(&c));
}
END_TEST

START_TEST(walkSurvivesRemovalOfItsNode) {
    item items[6] = {{.value = 0}};
    chain c;
    chainInit(&c);
    for (int i = 0; i < 6; i++) {
        items[i].value = i;
        chainAppend(&c, &items[i].node);
    }
    int seen = 0;
    CHAIN_EACH(&c, node) {
        seen++;
        if (valueOf(node) % 2 == 1 || valueOf(node) == 0) chainRemove(&c, node);
    }
    ck_assert_int_eq(seen, 6);
    ck_assert_uint_eq(c.count, 2);
    ck_assert_int_eq(valueOf(chainFirst(&c)), 2);
    ck_assert_int_eq(valueOf(chainLast(&c)), 4);
}
END_TEST

TESTS("chain", freshChainIsEmpty, keepsOrderOfAppendPrependAndInsert,
      removedNodeIsUnlinkedAndCanBeAddedAgain, walkSurvivesRemovalOfItsNode)
