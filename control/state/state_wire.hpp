// How the parts of the file of state lie in it. Numbers are little-endian, as are those of the processors
// that this is built for; addresses, ports and VLAN tags are as in a frame. Times are milliseconds since
// 1970, UTC.
#pragma once

#include <array>
#include <bit>
#include <cstdint>

#include "base/endian.hpp"
#include "base/l2_path.hpp"
#include "dataplane/tables/session_key.hpp"

namespace honeyswitch::control::state_wire {

static_assert(std::endian::native == std::endian::little, "numbers are written as they lie in memory");

inline constexpr std::array<std::uint8_t, 8> magic{'H', 'S', 'W', 'S', 'T', 'A', 'T', 'E'};

struct Header {
    static constexpr std::uint32_t observing = 1;
    std::array<std::uint8_t, 8> magic;
    std::uint32_t version;
    std::uint32_t flags;
    std::int64_t saved_at;
    std::uint32_t reserved;
    std::uint32_t checksum;  ///< of all before it
};
static_assert(sizeof(Header) == 32);

struct Head {
    std::uint32_t kind;
    std::uint32_t entries;
    std::uint32_t bytes;     ///< of the entries
    std::uint32_t checksum;  ///< of the three before it, and of the entries
};
static_assert(sizeof(Head) == 16);

/// The name itself comes behind it.
struct Name {
    std::uint32_t number;
    std::array<std::uint8_t, 6> mac;  ///< zero: none
    std::uint8_t length;
    std::uint8_t reserved;
};
static_assert(sizeof(Name) == 12);

struct Prefix {
    Be32 network;
    std::uint8_t length;
    std::array<std::uint8_t, 3> reserved;
};
static_assert(sizeof(Prefix) == 8);

struct Watch {
    Prefix domain;
    std::uint32_t agent;
    std::uint32_t reserved;
    std::int64_t lapse;
};
static_assert(sizeof(Watch) == 24);

struct Voucher {
    Be32 address;
    std::uint32_t agent;
};
static_assert(sizeof(Voucher) == 8);

struct Sighting {
    Be32 address;
    std::uint8_t asked;
    std::array<std::uint8_t, 3> reserved;
    std::int64_t due;
};
static_assert(sizeof(Sighting) == 16);

struct Session {
    static constexpr std::uint8_t contained = 1, lasting = 2, ended = 4, outlives = 8, all_flags = 15;
    dataplane::SessionKey key;
    EtherAddress destination, source;
    std::array<VlanTag, max_vlan_tags> tags;
    std::uint8_t tag_count;
    std::uint8_t link;
    std::uint8_t honeypot;
    std::uint8_t progress;
    std::uint8_t counted;
    std::uint8_t flags;
    std::uint16_t flow_id_high;  ///< of 48 bits; 0: it has no such number
    std::uint32_t packets_in, packets_out;
    std::uint32_t flow_id_low;
    std::int64_t created, last_seen;
    std::int64_t outlives_since;  ///< 0 without the flag
    std::uint64_t bytes_in, bytes_out;
};
static_assert(sizeof(Session) == 96);

struct Totals {
    std::uint64_t watches, vouchers, sightings, sessions;
};
static_assert(sizeof(Totals) == 32);

}  // namespace honeyswitch::control::state_wire
