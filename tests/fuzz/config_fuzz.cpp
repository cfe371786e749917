// Any bytes as a configuration file: an error has its place and its reason, and what is accepted can be
// checked. A stretch of one input in five is repeated up to a million times, as what recurses is only found
// by what is long: the first three bytes say how often, where and how much.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <utility>

#include "control/config/config_check.hpp"
#include "control/config/config_file.hpp"

namespace control = honeyswitch::control;

namespace {

std::string stretched(const std::uint8_t* data, std::size_t size) {
    constexpr std::size_t head = 3, longest = 1 << 20;
    constexpr unsigned once_below = 200;
    if (size < head) return {};
    std::string text(reinterpret_cast<const char*>(data + head), size - head);
    const std::size_t at = std::min<std::size_t>(data[1], text.size());
    const auto part = text.substr(at, data[2] % 16);
    const unsigned doublings = data[0] < once_below ? 0 : (data[0] - once_below) % 21;
    const std::size_t times =
        std::min(std::size_t{1} << doublings, longest / std::max<std::size_t>(part.size(), 1));
    std::string repeated;
    for (std::size_t i = 1; i < times; ++i) repeated += part;
    return text.insert(at, repeated);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text = stretched(data, size);
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
