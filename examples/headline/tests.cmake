# The main job for real, as text and as JSON: it checks by itself that all went as expected and that nothing is left.
foreach(form text json)
  add_test(NAME examples.headline.${form}
    COMMAND linx-headline --no-color $<$<STREQUAL:${form},json>:--json>
    COMMAND_EXPAND_LISTS)
  set_tests_properties(examples.headline.${form} PROPERTIES
    LABELS examples TIMEOUT ${LINX_TEST_TIMEOUT} ENVIRONMENT "${LINX_TEST_ENVIRONMENT}")
endforeach()

foreach(way interrupted rootless)
  add_test(NAME examples.headline.${way}
    COMMAND python3 ${CMAKE_CURRENT_LIST_DIR}/check.py $<TARGET_FILE:linx-headline> ${way})
  set_tests_properties(examples.headline.${way} PROPERTIES
    LABELS examples TIMEOUT ${LINX_TEST_TIMEOUT} ENVIRONMENT "${LINX_TEST_ENVIRONMENT}" SKIP_RETURN_CODE 77)
endforeach()
