#include "control/lists/log_understanding.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "control/lists/auth_log.hpp"

namespace honeyswitch::control {
namespace {

/// Short and printable, as anybody may have written it.
std::string shown(std::string_view line) {
    constexpr std::size_t most = 80;
    std::string text(line.substr(0, most));
    std::ranges::replace_if(text, [](char c) { return c < ' ' || c > '~'; }, '?');
    return line.size() > most ? text + "..." : text;
}

}  // namespace

std::optional<std::string> LogUnderstanding::note(std::string_view line, bool is_of_sshd, TimePoint now) {
    ++lines_;
    if (is_of_sshd) {
        ++of_sshd_;
        foreign_ = strange_ = 0;
        if (!std::exchange(told_, std::nullopt)) return std::nullopt;
        return "lines of sshd are understood now";
    }
    ++foreign_;
    if (looks_like_failed_login(line)) {
        ++strange_;
        example_ = shown(line);
    }
    if (strange_ < most_strange && foreign_ < most_foreign) return std::nullopt;
    if (told_ && now - *told_ < again) return std::nullopt;
    told_ = now;
    if (strange_ < most_strange)
        return fmt::format("none of the last {} lines is one of sshd's, so nobody is found to fail there",
                           foreign_);
    return fmt::format(
        "none of the last {} lines is understood as one of sshd's, though {} look like failures, so nobody "
        "is found "
        "to fail there: '{}'",
        foreign_, strange_, example_);
}

}  // namespace honeyswitch::control
