// How an association begins: HELLO, WELCOME, CONFIRM, each authenticated with the agent's long-term key.
//
// The agent contributes a fresh nonce in HELLO, the controller another in WELCOME; CONFIRM returns both. The
// controller keeps nothing before CONFIRM, so a replayed HELLO changes nothing: its own nonce is a function
// of a secret drawn at its start, of the agent's nonce, and of how many associations this agent has had since
// (ControllerNonces). Once an association is established no earlier CONFIRM fits any more.
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <string_view>

#include "agent/wire/datagram.hpp"
#include "agent/wire/key.hpp"

namespace honeyswitch::agent {

using AgentIdentifier = std::array<std::uint8_t, 16>;
using Nonce = std::array<std::uint8_t, 16>;
/// Drawn at random when an agent starts: tells a restarted agent from one whose link was interrupted.
using RunIdentifier = std::array<std::uint8_t, 8>;

/// BLAKE2b-128 of the name.
[[nodiscard]] AgentIdentifier identifier_of(std::string_view name);

struct Hello {
    AgentIdentifier agent;
    RunIdentifier run;
    Nonce agent_nonce;

    friend bool operator==(const Hello&, const Hello&) = default;
};

struct Welcome {
    Nonce agent_nonce;
    Nonce controller_nonce;

    friend bool operator==(const Welcome&, const Welcome&) = default;
};

struct Confirm {
    AgentIdentifier agent;
    RunIdentifier run;
    Nonce agent_nonce;
    Nonce controller_nonce;

    friend bool operator==(const Confirm&, const Confirm&) = default;
};

inline constexpr std::size_t hello_size = 80;
inline constexpr std::size_t welcome_size = 72;
inline constexpr std::size_t confirm_size = 96;
static_assert(welcome_size <= hello_size, "the controller must not amplify");

[[nodiscard]] Datagram encode(const Hello& hello, const Key& key);
[[nodiscard]] Datagram encode(const Welcome& welcome, const Key& key);
[[nodiscard]] Datagram encode(const Confirm& confirm, const Key& key);

/// Of a HELLO or CONFIRM, before it is authenticated: it only says which key to try.
[[nodiscard]] std::expected<AgentIdentifier, Refusal> claimed_agent(Bytes datagram);

/// Precondition for these: kind_of(datagram) is the kind asked for.
[[nodiscard]] std::expected<Hello, Refusal> open_hello(Bytes datagram, const Key& key);
[[nodiscard]] std::expected<Welcome, Refusal> open_welcome(Bytes datagram, const Key& key);
[[nodiscard]] std::expected<Confirm, Refusal> open_confirm(Bytes datagram, const Key& key);

/// Draws octets from the system's random generator.
template <std::size_t N>
[[nodiscard]] std::array<std::uint8_t, N> random_octets();

/// The controller's nonces for one agent.
class ControllerNonces {
  public:
    /// `secret` is drawn when the controller starts, and never leaves it.
    explicit ControllerNonces(const Key& secret) : secret_(secret) {}

    [[nodiscard]] Nonce nonce_for(const AgentIdentifier& agent, const RunIdentifier& run,
                                  const Nonce& agent_nonce) const;
    /// An association was established: all nonces given out so far are void.
    void advance() { ++established_; }

  private:
    Key secret_;
    std::uint64_t established_ = 0;
};

}  // namespace honeyswitch::agent
