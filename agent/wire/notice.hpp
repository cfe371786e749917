// What the two ends say to each other within an association. docs/notice-protocol.md specifies the octets.
//
// Every change an agent reports has a number, counted from 1 in each association over all of its domains. For
// each address the highest number wins, so that late duplicates cannot undo newer states.
#pragma once

#include <cstdint>
#include <expected>
#include <variant>
#include <vector>

#include "agent/wire/address_set.hpp"
#include "agent/wire/association.hpp"

namespace honeyswitch::agent {

using ChangeNumber = std::uint64_t;

/// Some addresses of a domain became active or inactive. Answered by an Acknowledgement.
struct Change {
    ChangeNumber number = 0;
    Ipv4Prefix domain;
    std::vector<Ipv4Address> active;
    std::vector<Ipv4Address> inactive;

    friend bool operator==(const Change&, const Change&) = default;
};
inline constexpr std::size_t change_header = 20;
inline constexpr std::size_t max_changed_addresses = (max_notice - change_header) / 4;

/// A part of a domain's full state: the set after every change of a lower number. A set that is not `swept`
/// vouches for its members and says nothing of the others; it withdraws a swept one. Answered by a
/// StateAcknowledgement.
struct StateChunk {
    ChangeNumber number = 0;
    Ipv4Prefix domain;
    bool swept = false;
    std::uint8_t index = 0;            ///< of this chunk
    std::uint8_t chunks = 1;           ///< of the whole state
    Digest digest{};                   ///< of the whole set
    std::vector<std::uint8_t> bitmap;  ///< its octets from index * state_chunk_size on

    friend bool operator==(const StateChunk&, const StateChunk&) = default;
};
inline constexpr std::size_t state_chunk_size = 1024;
[[nodiscard]] constexpr std::size_t state_chunks(Ipv4Prefix domain) {
    return ((domain.size() + 7) / 8 + state_chunk_size - 1) / state_chunk_size;
}

/// Domains that the agent watches. One that is not `swept` any more is withdrawn. Answered by a
/// KeepAliveReply.
struct KeepAlive {
    struct Entry {
        Ipv4Prefix domain;
        bool swept = false;
        std::uint32_t count = 0;  ///< active addresses
        Digest digest{};          ///< of their set

        friend bool operator==(const Entry&, const Entry&) = default;
    };
    /// The latest change number when it was sent.
    ChangeNumber number = 0;
    std::uint64_t token = 0;  ///< returned by the reply
    std::vector<Entry> entries;

    friend bool operator==(const KeepAlive&, const KeepAlive&) = default;
};
inline constexpr std::size_t keep_alive_header = 20;
inline constexpr std::size_t keep_alive_entry = 28;
inline constexpr std::size_t max_keep_alive_entries = (max_notice - keep_alive_header) / keep_alive_entry;

enum class ResponseCode : std::uint8_t {
    done = 0,         ///< in force: no worker decides otherwise any more
    incomplete = 1,   ///< of a state: chunks are missing; of a keep-alive: the full state is wanted
    not_granted = 2,  ///< the domain is not within what the agent may speak for
    no_capacity = 3,  ///< the controller's tables are full
};

struct Acknowledgement {
    struct Entry {
        ChangeNumber number = 0;
        ResponseCode code = ResponseCode::done;

        friend bool operator==(const Entry&, const Entry&) = default;
    };
    std::vector<Entry> entries;

    friend bool operator==(const Acknowledgement&, const Acknowledgement&) = default;
};
inline constexpr std::size_t max_acknowledgements = 128;

struct StateAcknowledgement {
    ChangeNumber number = 0;
    Ipv4Prefix domain;
    ResponseCode code = ResponseCode::done;
    std::uint64_t received = 0;  ///< bit i: chunk i is here

    friend bool operator==(const StateAcknowledgement&, const StateAcknowledgement&) = default;
};

struct KeepAliveReply {
    struct Entry {
        Ipv4Prefix domain;
        ResponseCode code = ResponseCode::done;

        friend bool operator==(const Entry&, const Entry&) = default;
    };
    std::uint64_t token = 0;
    std::vector<Entry> entries;

    friend bool operator==(const KeepAliveReply&, const KeepAliveReply&) = default;
};

/// The answer to CONFIRM.
struct Established {
    friend bool operator==(const Established&, const Established&) = default;
};

using AgentNotice = std::variant<Change, StateChunk, KeepAlive>;
using ControllerNotice = std::variant<Established, Acknowledgement, StateAcknowledgement, KeepAliveReply>;

/// Precondition: lists are no longer than the limits above.
[[nodiscard]] std::vector<std::uint8_t> encode(const AgentNotice& notice);
[[nodiscard]] std::vector<std::uint8_t> encode(const ControllerNotice& notice);

/// Refusal::malformed for anything that encode would not have written: every notice has one encoding.
[[nodiscard]] std::expected<AgentNotice, Refusal> decode_agent_notice(Bytes notice);
[[nodiscard]] std::expected<ControllerNotice, Refusal> decode_controller_notice(Bytes notice);

}  // namespace honeyswitch::agent
