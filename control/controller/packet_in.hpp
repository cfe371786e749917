// A packet that a worker cannot decide about alone, as the controller is told of it.
#pragma once

#include <cstdint>
#include <optional>

#include "base/l2_path.hpp"
#include "control/controller/switch_ids.hpp"
#include "dataplane/tables/judgement.hpp"
#include "dataplane/tables/packet_in_reason.hpp"
#include "dataplane/tables/session_key.hpp"

namespace honeyswitch::control {

using dataplane::Judgement;
using dataplane::PacketInReason;
using dataplane::SessionKey;

/// A flow that was diverted without a session.
struct Pending {
    HoneypotId honeypot{};
    bool answered = false;  ///< the honeypot's answer has left
};

struct PacketIn {
    BufferId buffer{};
    PacketInReason reason{};  ///< why the worker asks
    SessionKey key{};
    std::uint64_t hash = 0;            ///< of `key`, as the switch's tables have it
    Judgement judgement{};             ///< of rules and lists, now
    std::optional<Pending> pending{};  ///< earlier packets of it were diverted without a session
    HoneypotId honeypot{};             ///< that sent it, if it is from one
    L2Path path{};                     ///< of this frame; meaningful when it came from the outside
    bool from_honeypot = false;
    bool own_flow = false;  ///< the inside has sent on it lately, to somebody whose packets are diverted
    bool fragment = false;  ///< any fragment of a datagram (RFC 791); with key.kind `portless`, not the first
    std::uint16_t bytes = 0;  ///< length of the frame without FCS
};

}  // namespace honeyswitch::control
