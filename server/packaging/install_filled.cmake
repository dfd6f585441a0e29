# A part of the install step: fills the paths into the files of this folder and installs them.
# Takes EBB_SOURCE, EBB_FILLED (where the filled files go), EBB_BINDIR, CMAKE_INSTALL_PREFIX.
set(EBB_BIN "${CMAKE_INSTALL_PREFIX}/${EBB_BINDIR}/ebb-server")
# As the GNU install directories have it: what is installed in /usr is configured in /etc.
if(CMAKE_INSTALL_PREFIX STREQUAL "/usr")
  set(EBB_CONF_DIR "/etc/ebb")
else()
  set(EBB_CONF_DIR "${CMAKE_INSTALL_PREFIX}/etc/ebb")
endif()
set(EBB_CONF "${EBB_CONF_DIR}/ebb.conf")

# fill(<template> <name> <folder>): installs the template under a name, its paths filled in. file(INSTALL)
# puts DESTDIR in front by itself.
function(fill template name folder)
  configure_file("${EBB_SOURCE}/server/packaging/${template}" "${EBB_FILLED}/${folder}/${name}" @ONLY)
  file(INSTALL "${EBB_FILLED}/${folder}/${name}" DESTINATION "${CMAKE_INSTALL_PREFIX}/lib/${folder}")
endfunction()

fill(ebb-server.service.in ebb-server.service systemd/system)
fill(sysusers.conf.in ebb.conf sysusers.d)
fill(tmpfiles.conf.in ebb.conf tmpfiles.d)

# A configuration that is there belongs to whoever wrote it.
if(EXISTS "${EBB_SOURCE}/redis.conf.example" AND NOT EXISTS "$ENV{DESTDIR}${EBB_CONF}")
  file(INSTALL "${EBB_SOURCE}/redis.conf.example" DESTINATION "${EBB_CONF_DIR}" RENAME ebb.conf)
endif()
