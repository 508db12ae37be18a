# Many clients at once, and what /proc says is left.
foreach(way jobs load disconnect drain tcp mistakes)
  add_test(NAME examples.server.${way}
    COMMAND python3 -B ${CMAKE_CURRENT_LIST_DIR}/check.py $<TARGET_FILE:linx-server> ${way})
  set_tests_properties(examples.server.${way} PROPERTIES
    LABELS examples TIMEOUT ${LINX_TEST_TIMEOUT} ENVIRONMENT "${LINX_TEST_ENVIRONMENT}" SKIP_RETURN_CODE 77)
endforeach()
