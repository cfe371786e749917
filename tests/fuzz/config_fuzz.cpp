// Any bytes as a configuration file: an error has its place and its reason, and what is accepted can be
// checked.
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <utility>

#include "control/config/config_check.hpp"
#include "control/config/config_file.hpp"

namespace control = honeyswitch::control;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    auto draft = control::read_config_text(text, "/nonexistent/x.toml");
    if (!draft) {
        if (!draft.error().place.starts_with("/nonexistent/x.toml:") || draft.error().reason.empty())
            std::abort();
        return 0;
    }
    const auto checked = control::finish_config(std::move(*draft));
    if (!checked && !checked.error().place.starts_with("/nonexistent/x.toml")) std::abort();
    return 0;
}
