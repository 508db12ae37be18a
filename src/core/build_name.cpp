#include <linx/core/config.hpp>

// See config.hpp: whoever uses linx with other Asio macros than these does not link.
extern "C" const char LINX_BUILD_NAME = 0;
