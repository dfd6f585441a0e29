# What `cmake --install build [--prefix X]` puts in place: the binary, the configuration, and what
# systemd needs. Included by the top CMakeLists.txt, where the target ebb-server is known.
include(GNUInstallDirs)
install(TARGETS ebb-server RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
# The tools are the server under other names.
foreach(tool ebb-check-rdb ebb-check-aof)
  install(CODE "file(CREATE_LINK ebb-server \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_BINDIR}/${tool}\" SYMBOLIC)")
endforeach()
# The prefix may be given as late as the install command, and paths that contain it stand in the
# unit. So its files are filled in by a script of the install step.
install(CODE "set(EBB_SOURCE \"${CMAKE_SOURCE_DIR}\")
set(EBB_FILLED \"${CMAKE_BINARY_DIR}/packaging\")
set(EBB_BINDIR \"${CMAKE_INSTALL_BINDIR}\")")
install(SCRIPT ${CMAKE_CURRENT_LIST_DIR}/install_filled.cmake)
