// Sources for a firewall to block: those that did what the operator names, until so long after they last did.
//
// Only a source of TCP that has completed a handshake is ever listed, as any other may be forged. Sources
// that the switch has on a benign list have no sessions; what else is never to be listed is said here.
#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/address.hpp"
#include "base/clock.hpp"
#include "tools/honeyrecord/event/event.hpp"

namespace honeyswitch::record {

/// How the file is written.
enum class FeedFormat : std::uint8_t {
    plain,  ///< an address a line
    ipset,  ///< for `ipset restore`
    nft,    ///< for `nft -f`
};

struct FeedSettings {
    std::filesystem::path file{};
    FeedFormat format = FeedFormat::plain;
    bool with_data = false;       ///< only sessions in which the source sent data count
    std::uint32_t sessions = 1;   ///< how many of them
    std::uint32_t addresses = 1;  ///< to how many destinations
    Milliseconds lifetime{86'400'000};
    std::vector<Ipv4Prefix> never{};
};

/// One thread's.
class BlockFeed {
  public:
    /// What is remembered at most; sources beyond are counted.
    static constexpr std::size_t most_sources = 1'000'000;

    explicit BlockFeed(FeedSettings settings) : settings_(std::move(settings)) {}

    /// A session that came to its end, or a step of it.
    void take(const Event& event);
    /// A session over TCP that came far enough, at a time: from events, or from what was recorded before.
    void remember(Ipv4Address source, Ipv4Address destination, std::int64_t flow_id, WallTime time);
    /// Entries lapse. True: what is listed, or until when, is another than when the file was last written.
    [[nodiscard]] bool tick(WallTime now);
    /// Writes the file anew, in place of the one before. Errors: a clause.
    [[nodiscard]] std::expected<void, std::string> write(WallTime now);
    /// What the file would have.
    [[nodiscard]] std::string text(WallTime now) const;
    /// The file stays what it is.
    void set(FeedSettings settings);

    [[nodiscard]] std::size_t sources() const { return sources_.size(); }
    [[nodiscard]] std::uint64_t unremembered() const { return unremembered_; }

  private:
    struct Source {
        /// Of each no more than are asked for.
        std::set<std::int64_t> sessions{};
        std::set<std::uint32_t> destinations{};
        WallTime last{};
    };
    [[nodiscard]] bool listed(const Source& source) const;

    FeedSettings settings_;
    std::map<Ipv4Address, Source> sources_{};
    bool changed_ = true;
    std::uint64_t unremembered_ = 0;
};

}  // namespace honeyswitch::record
