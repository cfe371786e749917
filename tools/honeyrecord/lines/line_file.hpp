// The file of JSON Lines: it is rotated by size and by age, made anew when somebody else has renamed it, and
// what cannot be written is counted.
//
// Invariants: the file holds whole lines alone, as what was written in part is cut off again; the chain of
// hashes goes on over files and over restarts of the program.
#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/system/descriptor.hpp"
#include "tools/honeyrecord/event/event.hpp"

namespace honeyswitch::record {

struct LineFileSettings {
    std::filesystem::path file{};
    std::uint64_t most_bytes = 100'000'000;  ///< what is longer is rotated
    Milliseconds most_age{86'400'000};       ///< since its first line
    unsigned kept = 30;                      ///< rotated files; the oldest beyond go
    bool chain = true;
};

/// One thread's.
class LineFile {
  public:
    /// Goes on with what is there. A last line that has no end is cut off. Errors: as the kernel says.
    [[nodiscard]] static std::expected<LineFile, Error> open(LineFileSettings settings);

    /// Appends all of them, or none: then they are counted, and the next that can be written come after a gap
    /// that says how many. Returns why not.
    std::expected<void, Error> write(std::span<const EventPointer> events, WallTime now);
    /// What was written is on the disk, and a file that is old enough is rotated. Call it about once a
    /// second.
    std::expected<void, Error> tick(WallTime now);
    /// Others may have renamed the file: it is opened by its name again.
    std::expected<void, Error> reopen();
    /// The path stays what it is.
    void set(LineFileSettings settings);

    [[nodiscard]] const LineFileSettings& settings() const { return settings_; }
    /// Events that could not be written, and of which no gap has told yet.
    [[nodiscard]] std::uint64_t lost() const { return lost_; }
    /// The hash of the last line.
    [[nodiscard]] const std::string& head() const { return head_; }
    [[nodiscard]] std::uint64_t rotations() const { return rotations_; }

  private:
    explicit LineFile(LineFileSettings settings) : settings_(std::move(settings)) {}

    [[nodiscard]] std::expected<void, Error> open_file();
    [[nodiscard]] std::expected<void, Error> find_end();
    void continue_chain();
    [[nodiscard]] std::expected<void, Error> append(std::string_view text);
    [[nodiscard]] std::expected<void, Error> rotate(WallTime now);
    [[nodiscard]] bool due(WallTime now) const;
    [[nodiscard]] std::filesystem::path name_of_rotated(WallTime now) const;
    void remove_oldest() const;
    [[nodiscard]] Error error(std::string attempted) const;
    void add_line(std::string& text, std::string& head, const Event& event) const;

    LineFileSettings settings_;
    Descriptor file_{};
    std::uint64_t size_ = 0;
    std::optional<WallTime> began_ = std::nullopt;  ///< time of the first line
    std::string head_{};
    std::uint64_t lost_ = 0, rotations_ = 0;
    bool dirty_ = false;
};

/// The rotated files of `file`, the oldest first.
[[nodiscard]] std::vector<std::filesystem::path> rotated_files(const std::filesystem::path& file);

}  // namespace honeyswitch::record
