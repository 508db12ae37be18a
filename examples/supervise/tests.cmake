# Through pipes and a terminal, against what /proc says of the programs.
foreach(way lines order terminal unread ends file mistakes)
  add_test(NAME examples.supervise.${way}
    COMMAND python3 -B ${CMAKE_CURRENT_LIST_DIR}/check.py $<TARGET_FILE:linx-supervise> ${way})
  set_tests_properties(examples.supervise.${way} PROPERTIES
    LABELS examples TIMEOUT ${LINX_TEST_TIMEOUT} ENVIRONMENT "${LINX_TEST_ENVIRONMENT}")
endforeach()
