// Tells a proxy from a host that has many addresses.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <vector>

#include "agent/explore/domain_options.hpp"
#include "agent/explore/mac_census.hpp"

namespace honeyswitch::agent {

/// Theory: a router with proxy ARP (RFC 1027) and a server with hundreds of addresses both answer for many.
/// But a host answers for a fixed set, however large, and a proxy for whatever it is asked for. So a MAC that
/// answers for more than `limit` addresses is examined: it is asked alone (unicast: no broadcast load, and
/// Linux answers at once, where it delays and drops what a proxy answers to broadcasts) for addresses of the
/// domain chosen at random, and for some that no host can have: the domain's network and broadcast address,
/// and addresses of the networks for documentation (RFC 5737). It is a proxy if it answers for nine of ten of
/// the former and for any of the latter. Whatever cannot be told is a host: an address that is wrongly active
/// costs the honeypot some traffic, one that is wrongly inactive costs a server all of it.
///
/// What a MAC answers while its first examination is under way waits for the finding. Each sweep is followed
/// by another examination of the same MACs.
class ProxyJudge {
  public:
    using Random = std::function<std::uint32_t()>;

    ProxyJudge(Ipv4Prefix domain, const ProxyOptions& options, const SweepOptions& pace, Random random);

    enum class Standing : std::uint8_t {
        evidence,
        waits,  ///< for the finding on the MAC
        proxy,  ///< no evidence
    };
    /// `mac` has answered for an address of the domain.
    Standing answered(Ipv4Address address, const MacAddress& mac, Clock::time_point arrived);
    /// `mac` has answered for an address that no host of the domain can have.
    void answered_impossible(Ipv4Address address, const MacAddress& mac);

    struct Answer {
        Ipv4Address address;
        Clock::time_point arrived;
    };
    struct Finding {
        MacAddress mac;
        bool proxy = false;
        bool news = false;              ///< the first, another than before, or of twice as many addresses
        std::uint32_t addresses = 0;    ///< that it answers for
        unsigned asked = 0;             ///< for addresses chosen at random
        unsigned answered = 0;          ///< of those
        unsigned impossible = 0;        ///< it also answered for so many that no host can have
        std::vector<Answer> waiting{};  ///< what it answered since its examination began
    };
    using Tell = std::function<void(const Finding&)>;
    /// Asks `mac` alone; false: it could not be sent.
    using Ask = std::function<bool(Ipv4Address, const MacAddress& mac)>;
    /// Whether another machine than `mac` is known to have the address.
    using Taken = std::function<bool(Ipv4Address, const MacAddress& mac)>;

    /// After a complete sweep: all that answer for many are examined again.
    void review();
    void tick(Clock::time_point now, const Taken& taken, const Ask& ask, const Tell& tell);
    [[nodiscard]] Clock::time_point due() const;
    /// Answers may have been lost: the examination that is under way begins anew.
    void frames_lost();
    /// Nobody can be asked any more: what waits is told to be a host's.
    void abandon(const Tell& tell);

    /// Answers of some MAC wait.
    [[nodiscard]] bool undecided() const;
    struct Suspicious {
        MacAddress mac;
        std::uint32_t addresses = 0;
        bool proxy = false;
    };
    /// Those that answer for many addresses.
    [[nodiscard]] std::vector<Suspicious> with_many_addresses() const;

  private:
    enum class Kind : std::uint8_t { undecided, host, proxy };
    struct Record {
        Kind kind = Kind::undecided;
        std::uint32_t told = 0;  ///< addresses, at the latest finding that was news
        std::vector<Answer> waiting;
    };
    enum class Purpose : std::uint8_t {
        sample,      ///< an address chosen at random
        impossible,  ///< one that no host can have
        control,     ///< one that the MAC is known to answer for: it shows that the MAC can be heard
    };
    struct Question {
        Ipv4Address address;
        Purpose purpose;
        bool answered = false;
    };
    struct Examination {
        MacAddress mac;
        std::vector<Question> questions;
        std::size_t next = 0;  ///< question of this round
        unsigned rounds = 0;   ///< that have ended
        bool waiting = false;  ///< for answers, after a round
        Clock::time_point due;
    };

    /// In sweeps. A proxy that is slow to answer does so only for some in each.
    static constexpr unsigned memory = 2;
    static constexpr std::size_t sample_size = 64;
    static constexpr std::size_t control_size = 3;

    [[nodiscard]] std::vector<Question> questions_for(const MacAddress& mac, const Taken& taken) const;
    void begin_next(Clock::time_point now, const Taken& taken);
    /// True when the examination is over.
    [[nodiscard]] bool go_on(Examination& examination, Clock::time_point now, const Ask& ask) const;
    [[nodiscard]] bool wants_another_round(const Examination& examination) const;
    void conclude(const Examination& examination, const Tell& tell);
    void tell_finding(Record& record, Finding finding, const Tell& tell) const;

    Ipv4Prefix domain_;
    ProxyOptions options_;
    SweepOptions pace_;
    Random random_;
    MacCensus census_;
    std::map<MacAddress, Record> records_;  ///< of those that answer for many
    std::deque<MacAddress> queue_;          ///< to be examined
    std::optional<Examination> examination_;
};

}  // namespace honeyswitch::agent
