// Between which two ends a notice goes: an answer takes the same way back.
#pragma once

#include "base/endpoint.hpp"

namespace honeyswitch::control {

struct NoticePath {
    Endpoint agent;
    /// Which of our addresses the agent asked, and so the only one it takes an answer from; 0.0.0.0:
    /// whichever the kernel chooses.
    Ipv4Address asked{};

    friend bool operator==(NoticePath, NoticePath) = default;
};

}  // namespace honeyswitch::control
