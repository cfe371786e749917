// Who changed what, and when: a file of JSON Lines that is only ever appended to, and the latest of them in
// memory.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <mutex>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "control/inspect/change_tables.hpp"

namespace honeyswitch::control {

/// A line of the file, with its newline.
[[nodiscard]] std::string history_line(const HistoryRow& row);
/// The rows of a file's text. What is no line of a history, as the end of one that was cut off, is left out.
[[nodiscard]] std::vector<HistoryRow> parse_history(std::string_view text);

/// A thread of its own writes and syncs; nothing waits for it but the destructor.
class ChangeHistory {
  public:
    static constexpr std::size_t most_in_memory = 1'000;
    /// Rows that wait for a disk that does not take them; more are lost, and counted.
    static constexpr std::size_t most_waiting = 1'000;
    /// The file is renamed to FILE.1 when it has grown to this, and what was called so is gone.
    static constexpr std::uintmax_t usual_size = 4U << 20U;
    /// Of the changes of a row; what is beyond is counted.
    static constexpr std::size_t most_changes = 100;

    /// A page ends behind the row with which it has so many.
    static constexpr std::size_t most_changes_of_a_page = 500;

    /// `file`: empty: only the memory knows. Reads the latest rows of it and of FILE.1.
    explicit ChangeHistory(std::filesystem::path file, std::uintmax_t longest = usual_size);
    /// Tries to write what still waits.
    ~ChangeHistory();
    ChangeHistory(const ChangeHistory&) = delete;
    ChangeHistory& operator=(const ChangeHistory&) = delete;

    /// `row.user` is looked up by the thread. Any thread.
    void put(HistoryRow row);
    /// The latest first. A cursor stays where it is while rows come.
    [[nodiscard]] HistoryPage page(std::uint32_t cursor, std::size_t limit) const;

  private:
    void load();
    void run(const std::stop_token& stop);
    /// False: the disk does not take them; `lines` is what is left.
    [[nodiscard]] bool write(std::deque<std::string>& lines);
    void tell_of_failure(const std::string& reason);
    void tell_of_success();

    const std::filesystem::path file_;
    const std::uintmax_t longest_;
    mutable std::mutex mutex_;
    std::condition_variable_any wakeup_;
    std::deque<HistoryRow> arrived_;  ///< not looked at by the thread yet, `most_waiting` at most
    std::uint64_t passed_over_ = 0;   ///< there was no room for them
    std::deque<HistoryRow> latest_;   ///< the oldest first
    std::uint32_t forgotten_ = 0;     ///< rows before latest_
    std::uint64_t lost_ = 0;          ///< the thread's, as the following
    bool failing_ = false;
    std::jthread thread_;
};

}  // namespace honeyswitch::control
