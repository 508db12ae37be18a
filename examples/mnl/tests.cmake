# Its links are those that iproute2 lists.
add_test(NAME examples.mnl.lists
  COMMAND python3 -B ${CMAKE_CURRENT_LIST_DIR}/check.py $<TARGET_FILE:linx-mnl-example>)
set_tests_properties(examples.mnl.lists PROPERTIES
  LABELS examples TIMEOUT ${LINX_TEST_TIMEOUT} ENVIRONMENT "${LINX_TEST_ENVIRONMENT}" SKIP_RETURN_CODE 77)
