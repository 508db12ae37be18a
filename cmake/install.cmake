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

# Both files find their prefix from where they lie, so a staged or moved tree works.
file(RELATIVE_PATH to_prefix /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
string(REGEX REPLACE "/$" "" to_prefix "${to_prefix}")

# A library with its headers, its CMake targets and its pkg-config file.
function(linx_install target name foreign)
  if(NOT TARGET ${target})
    return()
  endif()
  get_property(rooms GLOBAL PROPERTY LINX_ROOMS_OF_${name})
  foreach(room IN LISTS rooms)
    install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/linx/${room} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/linx)
  endforeach()
  install(TARGETS ${target} EXPORT ${target}-targets)
  install(EXPORT ${target}-targets NAMESPACE linx:: DESTINATION ${package_dir})
  # A static library leaves its own dependencies to the program that links it: they are public requirements then.
  set(public "")
  set(private ${foreign})
  if(NOT BUILD_SHARED_LIBS)
    set(public ${foreign})
    set(private "")
  endif()
  configure_file(${PROJECT_SOURCE_DIR}/cmake/${target}.pc.in ${PROJECT_BINARY_DIR}/${target}.pc @ONLY)
  install(FILES ${PROJECT_BINARY_DIR}/${target}.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
endfunction()
linx_install(linx linx "")
linx_install(linx-mnl mnl libmnl)
linx_install(linx-netfilter netfilter libnftnl)

configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/linx-config.cmake.in
  ${PROJECT_BINARY_DIR}/linx-config.cmake INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/linx-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/linx-config.cmake ${PROJECT_BINARY_DIR}/linx-config-version.cmake
  DESTINATION ${package_dir})
