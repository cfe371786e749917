// The file of JSON Lines and the store, as outputs: what goes wrong is logged once, and once more when it is
// over.
#pragma once

#include <atomic>
#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "tools/honeyrecord/config/record_config.hpp"
#include "tools/honeyrecord/feed/block_feed.hpp"
#include "tools/honeyrecord/lines/line_file.hpp"
#include "tools/honeyrecord/outlet.hpp"
#include "tools/honeyrecord/store/session_store.hpp"

namespace honeyswitch::record {

/// Whether an output can be written, for the log and for whoever looks.
class OutputHealth {
  public:
    /// `name`: "the file of lines"
    explicit OutputHealth(std::string_view name) : name_(name) {}

    /// Of `events` that were to be written; `wrong`: why they were not, empty if they were.
    void note(std::size_t events, const std::string& wrong);
    /// Events that could not be written since the start. Any thread.
    [[nodiscard]] std::uint64_t unwritten() const { return unwritten_.load(std::memory_order_relaxed); }
    [[nodiscard]] std::uint64_t written() const { return written_.load(std::memory_order_relaxed); }

  private:
    std::string_view name_;
    bool failing_ = false;
    std::atomic<std::uint64_t> written_ = 0, unwritten_ = 0;
};

class LinesOutput final : public Output {
  public:
    explicit LinesOutput(LineFile file) : file_(std::move(file)) {}

    void write(std::span<const EventPointer> events, WallTime now) override;
    void tick(WallTime now) override;
    /// By the outlet's thread: takes on new settings, and opens the file by its name again.
    void renew(const LineFileSettings& settings);
    [[nodiscard]] const OutputHealth& health() const { return health_; }

  private:
    LineFile file_;
    OutputHealth health_{"the file of lines"};
    std::uint64_t rotations_ = 0;
};

class StoreOutput final : public Output {
  public:
    explicit StoreOutput(SessionStore store) : store_(std::move(store)) {}

    void write(std::span<const EventPointer> events, WallTime now) override;
    void tick(WallTime now) override;
    void renew(const StoreSettings& settings) { store_.set(settings); }
    [[nodiscard]] const OutputHealth& health() const { return health_; }

  private:
    SessionStore store_;
    OutputHealth health_{"the store"};
};

class FeedOutput final : public Output {
  public:
    explicit FeedOutput(BlockFeed feed) : feed_(std::move(feed)) {}

    void write(std::span<const EventPointer> events, WallTime now) override;
    /// Writes the file if it would be another one, once in ten seconds at most.
    void tick(WallTime now) override;
    void renew(FeedSettings settings) { feed_.set(std::move(settings)); }
    [[nodiscard]] const OutputHealth& health() const { return health_; }

  private:
    BlockFeed feed_;
    WallTime written_{};
    OutputHealth health_{"the block feed"};
};

/// What the store has of the time that entries live; nothing if there is none.
void take_up(BlockFeed& feed, const RecordConfig& config, WallTime now);

[[nodiscard]] FeedSettings feed_part(const RecordConfig& config);
[[nodiscard]] LineFileSettings lines_part(const RecordConfig& config);
[[nodiscard]] StoreSettings store_part(const RecordConfig& config);

}  // namespace honeyswitch::record
