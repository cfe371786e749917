// Writes files of state on a thread of its own, as a disk may take its time: whoever has the bytes hands them
// over, and waits for nothing.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>

#include "base/system/replaced_file.hpp"
#include "control/state/state_format.hpp"

namespace honeyswitch::control {

/// What came of a file.
struct StateWritten {
    std::string failure;  ///< a clause; empty: it is on the disk, in the place of the one before
    std::uint64_t bytes = 0;
};

/// One thread's, but for the thread inside.
class StateWriter {
  public:
    /// No more than this waits for the disk.
    static constexpr std::size_t most_waiting = 4U << 20U;

    explicit StateWriter(std::filesystem::path file);
    /// Waits until what was ended is written. What was not ended is left out.
    ~StateWriter();
    StateWriter(const StateWriter&) = delete;
    StateWriter& operator=(const StateWriter&) = delete;

    /// Another file, in the place of one that was begun and not ended.
    void begin();
    /// There is room for more: bytes may be handed over until this is false.
    [[nodiscard]] bool has_room() const;
    void put(StateBytes bytes);
    void end();
    /// What came of a file that was ended, once; waits for it if `wait` is set. nullopt: nothing came yet.
    [[nodiscard]] std::optional<StateWritten> take(bool wait = false);

  private:
    enum class What : std::uint8_t { begin, bytes, end };
    struct Piece {
        What what;
        StateBytes bytes{};
    };

    void hand_over(Piece piece);
    void run(const std::stop_token& stop);
    void handle(const Piece& piece);

    const std::filesystem::path path_;
    mutable std::mutex mutex_;
    std::condition_variable_any wakeup_, done_;
    std::deque<Piece> pieces_;
    std::size_t waiting_ = 0;      ///< bytes in pieces_
    std::uint64_t under_way_ = 0;  ///< files that were ended, and of which nothing came yet
    std::deque<StateWritten> results_;

    // The thread's.
    std::optional<ReplacedFile> file_;
    StateWritten writing_;
    std::jthread thread_;
};

}  // namespace honeyswitch::control
