# What `cmake --install` lays down: headers, libraries, the spawner, the CMake package and the pkg-config files.

if(LINX_ASIO_SEPARATE)
  # A library that was compiled against the tree's own Asio object would force that on whoever embeds it.
  install(CODE "message(FATAL_ERROR \"This build has LINX_ASIO_SEPARATE=ON and is for work inside the tree only: \
configure another with -DLINX_ASIO_SEPARATE=OFF to install linx.\")")
  return()
endif()
if(NOT TARGET linx)
  return()
endif()

include(CMakePackageConfigHelpers)
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/linx)
set(rooms_of_netfilter "")
if(TARGET linx-netfilter)
  get_property(rooms_of_netfilter GLOBAL PROPERTY LINX_ROOMS_OF_netfilter)
endif()

get_property(rooms GLOBAL PROPERTY LINX_ROOMS_OF_linx)
foreach(room IN LISTS rooms rooms_of_netfilter)
  install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/linx/${room} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/linx)
endforeach()

install(TARGETS linx EXPORT linx-targets)
install(EXPORT linx-targets NAMESPACE linx:: DESTINATION ${package_dir})
if(TARGET linx-netfilter)
  install(TARGETS linx-netfilter EXPORT linx-netfilter-targets)
  install(EXPORT linx-netfilter-targets NAMESPACE linx:: DESTINATION ${package_dir})
endif()

configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/linx-config.cmake.in
  ${PROJECT_BINARY_DIR}/linx-config.cmake INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/linx-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/linx-config.cmake ${PROJECT_BINARY_DIR}/linx-config-version.cmake
  DESTINATION ${package_dir})

# Both files find their prefix from where they lie, so a staged or moved tree works.
# A static library leaves its own dependencies to the program that links it: they are public requirements then.
file(RELATIVE_PATH to_prefix /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
foreach(dependency IN ITEMS libmnl libnftnl)
  set(public_${dependency} "")
  set(private_${dependency} "")
  if(BUILD_SHARED_LIBS)
    set(private_${dependency} ${dependency})
  else()
    set(public_${dependency} ${dependency})
  endif()
endforeach()
function(linx_pkg_config name)
  string(REGEX REPLACE "/$" "" to_prefix "${to_prefix}")
  configure_file(${PROJECT_SOURCE_DIR}/cmake/${name}.pc.in ${PROJECT_BINARY_DIR}/${name}.pc @ONLY)
  install(FILES ${PROJECT_BINARY_DIR}/${name}.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
endfunction()
linx_pkg_config(linx)
if(TARGET linx-netfilter)
  linx_pkg_config(linx-netfilter)
endif()
