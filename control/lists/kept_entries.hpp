// What the operator put on lists, across restarts: a small text file, written beside and renamed, whose
// lifetimes are wall-clock times, as the switch's own clock begins anew with the machine.
#pragma once

#include <atomic>
#include <chrono>
#include <expected>
#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <thread>

#include "base/address.hpp"
#include "control/config/policy.hpp"

namespace honeyswitch::control {

using WallTime = std::chrono::sys_seconds;
/// By list and prefix: until when; none: until the operator removes it.
using KeptEntries = std::map<std::pair<std::string, Ipv4Prefix>, std::optional<WallTime>>;

/// As the file has it; without those that are over at `now`.
[[nodiscard]] std::string kept_text(const KeptEntries& entries, WallTime now);
/// Errors: the line, and why it is none that kept_text() wrote.
[[nodiscard]] std::expected<KeptEntries, std::string> parse_kept(std::string_view text);

/// Control thread; the file is written by a thread of its own, as a disk may take its time.
class KeptFile {
  public:
    /// More than these are not kept, and that is told.
    static constexpr std::size_t most = 65'536;

    /// `file`: empty: nothing is kept. A file that cannot be understood is set aside as FILE.broken, and
    /// told.
    explicit KeptFile(std::filesystem::path file);
    /// Writes what is not written yet.
    ~KeptFile();
    KeptFile(const KeptFile&) = delete;
    KeptFile& operator=(const KeptFile&) = delete;

    [[nodiscard]] bool keeps() const { return !file_.empty(); }
    [[nodiscard]] const KeptEntries& entries() const { return entries_; }

    void put(const std::string& list, Ipv4Prefix prefix, std::optional<WallTime> until);
    void remove(const std::string& list, Ipv4Prefix prefix);
    /// Forgets the entries of all other lists, which is told.
    void only(std::span<const SourceList> lists);

    /// Once a second: writes what has changed.
    void tick(WallTime now);

  private:
    void load();
    [[nodiscard]] static std::string write(const std::filesystem::path& file, const std::string& text);
    void finish_writing();

    std::filesystem::path file_;
    KeptEntries entries_;
    bool changed_ = false;
    bool full_told_ = false;
    std::atomic<bool> written_{false};
    std::string failure_;  ///< of the thread; empty: none. Read once written_ is set
    unsigned wait_ = 0;    ///< ticks until it is tried again
    std::jthread writer_;
};

}  // namespace honeyswitch::control
