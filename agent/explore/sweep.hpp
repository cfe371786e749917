// One round of ARP requests to every address of a domain, paced, in random order, with retries.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "agent/explore/domain_options.hpp"
#include "agent/explore/permutation.hpp"
#include "agent/wire/address_set.hpp"

namespace honeyswitch::agent {

/// Theory: a sweep is 1 + retries passes over the domain, and after each a time for answers. The first pass
/// asks every address; the others those that were not heard. What is `heard` between begin and end of a sweep
/// counts, whether or not it was asked for.
class Sweep {
  public:
    using Random = std::function<std::uint32_t()>;
    /// Whether an address gets retries after the first pass.
    using Retry = std::function<bool(Ipv4Address)>;

    Sweep(Ipv4Prefix domain, const SweepOptions& options, Random random);

    void begin(Clock::time_point now);
    /// The next address to ask, if one is due.
    [[nodiscard]] std::optional<Ipv4Address> next(Clock::time_point now, const Retry& retry);
    /// True once, when the last time for answers is over.
    [[nodiscard]] bool finish(Clock::time_point now);
    [[nodiscard]] Clock::time_point due() const { return running_ ? due_ : Clock::time_point::max(); }
    [[nodiscard]] bool running() const { return running_; }
    void abandon() { running_ = false; }

    /// Any ARP frame that speaks for the address.
    void heard(Ipv4Address address) { heard_.set(address, true); }
    [[nodiscard]] const AddressSet& heard() const { return heard_; }

    /// A request could not be sent, or a received frame was lost: that an address was not heard means
    /// nothing.
    void fail() { failed_ = true; }
    [[nodiscard]] bool failed() const { return failed_; }
    [[nodiscard]] Clock::time_point began() const { return began_; }

    /// All but network and broadcast address (RFC 1122, 3.2.1.3), which a /31 does not have (RFC 3021).
    [[nodiscard]] static bool is_usable(Ipv4Prefix domain, Ipv4Address address);

  private:
    /// Passes beyond the retries, as long as each finds somebody whom all before it have missed: a segment
    /// that loses so many frames still hides hosts.
    static constexpr unsigned max_extra_passes = 6;
    /// After a delay no more than this is caught up in one burst.
    static constexpr Clock::duration max_burst = std::chrono::milliseconds(5);

    [[nodiscard]] bool wants_another_pass() const;

    Ipv4Prefix domain_;
    SweepOptions options_;
    Random random_;
    Clock::duration period_;
    Permutation order_;
    AddressSet heard_;
    bool running_ = false;
    bool failed_ = false;
    bool waiting_ = false;  ///< for answers, after a pass
    unsigned pass_ = 0;
    std::uint32_t heard_before_ = 0;  ///< this pass
    std::uint32_t index_ = 0;
    Clock::time_point began_{};
    Clock::time_point due_{};
};

}  // namespace honeyswitch::agent
