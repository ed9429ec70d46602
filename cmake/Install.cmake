# SPDX-License-Identifier: Apache-2.0
# Where everything goes when installed. The package, and no other place, decides about users and enabling the unit.
set(REGENT_UNIT_DIR "lib/systemd/system" CACHE STRING "Folder of the systemd unit")
option(REGENT_MAN "Build the man pages (needs scdoc)" OFF)

if(TARGET regentd)
  install(TARGETS regentd DESTINATION ${CMAKE_INSTALL_SBINDIR})
endif()
if(TARGET regentctl)
  install(TARGETS regentctl DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()
# Run by the agent alone, once a plugin. The plugins themselves: regent_add_plugin().
if(TARGET regent-plugin-host)
  install(TARGETS regent-plugin-host DESTINATION ${CMAKE_INSTALL_LIBEXECDIR}/regent)
endif()

install(FILES etc/regent.toml DESTINATION ${CMAKE_INSTALL_SYSCONFDIR}/regent)
install(PROGRAMS etc/restart-in-place DESTINATION ${CMAKE_INSTALL_LIBEXECDIR}/regent)
install(FILES etc/regent.service DESTINATION ${REGENT_UNIT_DIR})
# What may talk to it on D-Bus, who may act, and the interfaces for whoever writes a client.
install(FILES etc/org.regent1.conf DESTINATION ${CMAKE_INSTALL_DATADIR}/dbus-1/system.d)
install(FILES etc/org.regent1.policy DESTINATION ${CMAKE_INSTALL_DATADIR}/polkit-1/actions)
install(DIRECTORY agent/bus/xml/ DESTINATION ${CMAKE_INSTALL_DATADIR}/dbus-1/interfaces FILES_MATCHING PATTERN "*.xml")
install(FILES etc/regent.sysusers DESTINATION lib/sysusers.d RENAME regent.conf)

if(REGENT_MAN)
  find_program(SCDOC scdoc REQUIRED)
  foreach(page regentd.8 regentctl.1 org.regent1.5 regent.toml.5 regent-plugin-check.1)
    set(source ${CMAKE_SOURCE_DIR}/docs/man/${page}.scd)
    set(manual ${CMAKE_BINARY_DIR}/man/${page})
    add_custom_command(OUTPUT ${manual}
      COMMAND ${CMAKE_COMMAND} -E make_directory ${CMAKE_BINARY_DIR}/man
      COMMAND ${SCDOC} < ${source} > ${manual}
      DEPENDS ${source} VERBATIM)
    list(APPEND manuals ${manual})
    string(REGEX MATCH "[0-9]$" section ${page})
    install(FILES ${manual} DESTINATION ${CMAKE_INSTALL_MANDIR}/man${section})
  endforeach()
  add_custom_target(man ALL DEPENDS ${manuals})
endif()
