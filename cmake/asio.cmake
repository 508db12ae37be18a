# Boost.Asio for the tree. The installed library is plain, header-only Asio: how it is compiled is the embedding
# program's choice. Inside the tree Asio's own code is compiled once, which halves the time of each translation unit.

if(LINX_ASIO_SEPARATE)
  add_library(linx_asio STATIC ${PROJECT_SOURCE_DIR}/cmake/asio.cpp)
  target_link_libraries(linx_asio PRIVATE Boost::headers Threads::Threads)
  target_compile_features(linx_asio PRIVATE cxx_std_20)
  target_compile_definitions(linx_asio PRIVATE BOOST_ASIO_SEPARATE_COMPILATION BOOST_ASIO_NO_DEPRECATED)
  target_compile_options(linx_asio PRIVATE -fPIC)
  if(LINX_SANITIZE)
    target_compile_options(linx_asio PRIVATE ${options})
  endif()
  target_compile_definitions(linx_flags INTERFACE BOOST_ASIO_SEPARATE_COMPILATION)
  target_link_libraries(linx_flags INTERFACE linx_asio)
endif()
