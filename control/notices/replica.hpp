// What one agent has said of one domain: its set of active addresses, kept in step by numbered changes and by
// full states.
//
// For each address the highest change number wins. A full state of number S overrides everything up to S and
// nothing after it, in whatever order they arrive.
#pragma once

#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

#include "agent/wire/notice.hpp"

namespace honeyswitch::control {

class Replica {
  public:
    /// Precondition: domain.length >= agent::shortest_domain.
    explicit Replica(Ipv4Prefix domain) : active_(domain) {}

    [[nodiscard]] const agent::AddressSet& active() const { return active_; }

    struct Difference {
        std::vector<Ipv4Address> active;    ///< that were inactive
        std::vector<Ipv4Address> inactive;  ///< that were active
    };
    /// What of the change is news; late and repeated changes are none.
    [[nodiscard]] Difference apply(const agent::Change& change);

    /// The number of the state that is in force; 0: none.
    [[nodiscard]] agent::ChangeNumber state_number() const { return state_number_; }

    /// A state that is complete, merged with the changes after it. `adopt` puts it in force.
    struct State {
        agent::ChangeNumber number = 0;
        bool swept = false;
        agent::AddressSet active;
    };
    /// Precondition: chunk.domain is this replica's. Chunks of other states than the latest are left out.
    [[nodiscard]] std::optional<State> assemble(const agent::StateChunk& chunk);
    /// Bit i: chunk i of the state of this number is here.
    [[nodiscard]] std::uint64_t received(agent::ChangeNumber number) const;
    void adopt(State state);
    [[nodiscard]] Difference difference_to(const agent::AddressSet& other) const;

    /// A new association counts its changes from 1 again. The set stays until a full state replaces it.
    void restart_numbers();

  private:
    struct Assembly {
        agent::ChangeNumber number = 0;
        bool swept = false;
        agent::Digest digest{};
        std::uint64_t received = 0;
        std::vector<std::uint8_t> bitmap;
    };

    agent::AddressSet active_;
    agent::ChangeNumber state_number_ = 0;
    /// Of addresses that changed after the state in force: the change that they have from.
    std::unordered_map<Ipv4Address, agent::ChangeNumber> changed_;
    std::optional<Assembly> assembly_;
};

}  // namespace honeyswitch::control
