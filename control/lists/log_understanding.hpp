// Whether a log that is followed is understood at all: a log of another program, or sshd's under a header
// that nobody knows, would otherwise look like a quiet night.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"

namespace honeyswitch::control {

class LogUnderstanding {
  public:
    /// Lines that look like a failure and are none of sshd's, with none of sshd's since the last sentence: it
    /// is told. One could be a quotation.
    static constexpr std::uint64_t most_strange = 3;
    /// So many lines, none of sshd's: it is told too.
    static constexpr std::uint64_t most_foreign = 1'000;
    /// As long as it goes on, it is told again after so long.
    static constexpr Milliseconds again{3'600'000};

    /// One more line; `is_of_sshd`: by sshd_message(). Returns what to log (without the log's name), if
    /// anything.
    [[nodiscard]] std::optional<std::string> note(std::string_view line, bool is_of_sshd, TimePoint now);

    [[nodiscard]] std::uint64_t lines() const { return lines_; }
    [[nodiscard]] std::uint64_t of_sshd() const { return of_sshd_; }

  private:
    std::uint64_t lines_ = 0, of_sshd_ = 0;
    std::uint64_t foreign_ = 0, strange_ = 0;  ///< since the last line of sshd's
    std::optional<TimePoint> told_;            ///< in this stretch
    std::string example_;                      ///< a strange line
};

}  // namespace honeyswitch::control
