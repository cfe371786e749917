#include "tools/honeyrecord/outputs.hpp"

#include <spdlog/spdlog.h>

#include "tools/honeyrecord/store/schema.hpp"
#include "tools/honeyrecord/store/store_queries.hpp"

namespace honeyswitch::record {
namespace {

constexpr std::uint64_t megabyte = 1'000'000;

std::string message_of(const std::expected<void, Error>& done) {
    return done ? std::string() : done.error().message();
}

std::string message_of(const std::expected<void, std::string>& done) {
    return done ? std::string() : done.error();
}

}  // namespace

void OutputHealth::note(std::size_t events, const std::string& wrong) {
    (wrong.empty() ? written_ : unwritten_).fetch_add(events, std::memory_order_relaxed);
    if (wrong.empty() == !failing_) return;
    failing_ = !wrong.empty();
    if (failing_)
        spdlog::error("{}; events are counted meanwhile, and a gap will say how many", wrong);
    else
        spdlog::info("{} is written again; {} events could not be so far", name_, unwritten());
}

void LinesOutput::write(std::span<const EventPointer> events, WallTime now) {
    health_.note(events.size(), message_of(file_.write(events, now)));
}

void LinesOutput::tick(WallTime now) {
    if (const auto ticked = file_.tick(now); !ticked) health_.note(0, ticked.error().message());
    if (std::exchange(rotations_, file_.rotations()) != file_.rotations())
        spdlog::info("{} was rotated; the hash of its last line is {}", file_.settings().file.string(),
                     file_.head());
}

void LinesOutput::renew(const LineFileSettings& settings) {
    file_.set(settings);
    if (const auto opened = file_.reopen(); !opened) health_.note(0, opened.error().message());
}

void StoreOutput::write(std::span<const EventPointer> events, WallTime now) {
    health_.note(events.size(), message_of(store_.write(events, now)));
}

void StoreOutput::tick(WallTime now) {
    if (const auto ticked = store_.tick(now); !ticked) health_.note(0, ticked.error());
}

void FeedOutput::write(std::span<const EventPointer> events, WallTime /*now*/) {
    for (const auto& event : events) feed_.take(*event);
}

void FeedOutput::tick(WallTime now) {
    using namespace std::chrono_literals;
    if (!feed_.tick(now) || now - written_ < 10s) return;
    written_ = now;
    const auto done = feed_.write(now);
    health_.note(0, done ? std::string() : "cannot write " + done.error());
}

void take_up(BlockFeed& feed, const RecordConfig& config, WallTime now) {
    if (config.store_file.empty()) return;
    auto database = open_for_reading(config.store_file);
    if (!database) return spdlog::warn("the block feed begins empty: {}", database.error());
    const auto least = stage_number(config.feed_with_data ? "payload" : "handshake").value_or(0);
    const auto taken =
        each_far_session(*database, now - config.feed_lifetime, least, [&](const FarSession& session) {
            feed.remember(session.source, session.destination, session.flow_id, session.latest);
        });
    if (!taken)
        spdlog::warn("the block feed lacks what was: {}", sentence_of(config.store_file, taken.error()));
}

FeedSettings feed_part(const RecordConfig& config) {
    return {.file = config.feed_file,
            .format = config.feed_format,
            .with_data = config.feed_with_data,
            .sessions = config.feed_sessions,
            .addresses = config.feed_addresses,
            .lifetime = config.feed_lifetime,
            .never = config.feed_never};
}

LineFileSettings lines_part(const RecordConfig& config) {
    return {.file = config.lines_file,
            .most_bytes = config.lines_megabytes * megabyte,
            .most_age = config.lines_age,
            .kept = config.lines_kept,
            .chain = config.lines_chain};
}

StoreSettings store_part(const RecordConfig& config) {
    return {.file = config.store_file,
            .most_age = config.store_age,
            .most_bytes = config.store_megabytes * megabyte};
}

}  // namespace honeyswitch::record
