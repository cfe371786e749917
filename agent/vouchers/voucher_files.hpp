// Lease files and static lists, followed as they change: what other systems know of active addresses.
#pragma once

#include <expected>
#include <map>
#include <string>
#include <vector>

#include "agent/vouchers/lease_file.hpp"
#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/system/descriptor.hpp"

namespace honeyswitch::agent {

/// The folders are watched (inotify), as servers replace their files by renaming others. A file that cannot
/// be read, or a list with an error, leaves what it said before in force: losing a file must not lose a host.
class VoucherFiles {
  public:
    /// Errors: a folder cannot be watched; a list cannot be read or has an error in it. A lease file that
    /// does not exist yet is none.
    [[nodiscard]] static std::expected<VoucherFiles, Error> open(
        const std::vector<LeaseSource>& leases, const std::vector<std::filesystem::path>& lists);

    /// Can be read when a folder has changed; -1: there is nothing to follow.
    [[nodiscard]] int descriptor() const { return events_.get(); }
    /// Takes what there is to read; the files are read anew at due().
    void drain(Clock::time_point now);
    [[nodiscard]] Clock::time_point due() const { return due_; }
    /// Reads the files again if that is due. Whether it did.
    [[nodiscard]] bool refresh(Clock::time_point now);

    /// What the files vouch for in `domain`: each address until when.
    [[nodiscard]] std::map<Ipv4Address, Clock::time_point> vouchers(Ipv4Prefix domain) const;

  private:
    /// Servers write often and in pieces; what they say is confirmed by ARP within moments anyway.
    static constexpr Clock::duration settle_time = std::chrono::milliseconds(500);
    /// Changes that inotify does not see, as on a network file system.
    static constexpr Clock::duration poll_interval = std::chrono::seconds(30);

    struct FollowedLeases {
        LeaseSource source;
        Leases leases;
    };
    struct FollowedList {
        std::filesystem::path path;
        std::vector<Ipv4Prefix> prefixes;
    };

    static void read(FollowedLeases& followed);
    [[nodiscard]] static std::expected<void, Error> read(FollowedList& followed);

    Descriptor events_;
    std::vector<FollowedLeases> leases_;
    std::vector<FollowedList> lists_;
    Clock::time_point due_ = Clock::time_point::max();
};

}  // namespace honeyswitch::agent
