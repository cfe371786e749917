// An established association: seals and opens datagrams with keys that nobody used before.
//
// ChaCha20-Poly1305 (RFC 8439), one key for each direction, the sequence number as nonce: it starts at 1, and
// 2^64 datagrams never wrap. What arrives is accepted once, and only within a window behind the highest
// sequence number seen (as IPsec does, RFC 4303, 3.4.3).
#pragma once

#include <cstdint>
#include <expected>

#include "agent/wire/handshake.hpp"

namespace honeyswitch::agent {

using AssociationIdentifier = std::array<std::uint8_t, 8>;

inline constexpr std::size_t sealed_overhead = header_size + 8 + 8 + 16;
inline constexpr std::size_t max_notice = max_datagram - sealed_overhead;

/// Accepts each sequence number once.
class ReplayWindow {
  public:
    static constexpr std::uint64_t width = 64;

    [[nodiscard]] bool fresh(std::uint64_t sequence) const;
    /// Precondition: fresh(sequence).
    void accept(std::uint64_t sequence);
    [[nodiscard]] std::uint64_t highest() const { return highest_; }

  private:
    std::uint64_t highest_ = 0;
    std::uint64_t seen_ = 0;  ///< bit i: highest_ - i was accepted
};

class Association {
  public:
    enum class Role : std::uint8_t { agent, controller };

    Association(Role role, const Key& key, const Confirm& confirm);

    [[nodiscard]] const AssociationIdentifier& identifier() const { return identifier_; }
    /// Precondition: notice.size() <= max_notice.
    [[nodiscard]] Datagram seal(Bytes notice);
    /// The notice within a sealed datagram. Its sequence number is used up.
    [[nodiscard]] std::expected<std::vector<std::uint8_t>, Refusal> open(Bytes datagram);
    /// Whether the datagram that was opened last is the newest of all: its sender's endpoint is the current
    /// one.
    [[nodiscard]] bool newest() const { return newest_; }

  private:
    DatagramKind outgoing_;
    AssociationIdentifier identifier_;
    Key send_key_, receive_key_;
    std::uint64_t sent_ = 0;
    ReplayWindow received_;
    bool newest_ = false;
};

/// Of a sealed datagram, before it is authenticated: it only says which association to try.
[[nodiscard]] std::expected<AssociationIdentifier, Refusal> claimed_association(Bytes datagram);

}  // namespace honeyswitch::agent
