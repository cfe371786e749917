// Which flows a honeypot may open by itself: to where the configuration allows it, at a rate.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "control/config/policy.hpp"
#include "control/controller/switch_ids.hpp"
#include "dataplane/tables/session_key.hpp"

namespace honeyswitch::control {

using dataplane::SessionKey;

struct HoneypotFlowLimits {
    std::vector<AllowedFlow> allowed;
    std::uint32_t rate = 0;  ///< new flows a second, of each honeypot
};

/// Control thread.
class HoneypotFlows {
  public:
    enum class Outcome : std::uint8_t { passes, refused, over_rate };

    explicit HoneypotFlows(HoneypotFlowLimits limits) : limits_(std::move(limits)) {}
    void reconfigure(HoneypotFlowLimits limits) { limits_ = std::move(limits); }

    /// A flow to the key's outside.
    [[nodiscard]] Outcome open(HoneypotId honeypot, const SessionKey& key, TimePoint now) {
        if (!allowed(key)) return Outcome::refused;
        return spend(buckets_.at(static_cast<std::size_t>(honeypot)), now) ? Outcome::passes
                                                                           : Outcome::over_rate;
    }

  private:
    /// Tokens that have come together since: at most those of a second.
    struct Bucket {
        double tokens = 0;
        TimePoint filled{};
    };

    [[nodiscard]] bool allowed(const SessionKey& key) const;
    [[nodiscard]] bool spend(Bucket& bucket, TimePoint now) const;

    HoneypotFlowLimits limits_;
    std::array<Bucket, 256> buckets_{};  ///< by HoneypotId
};

}  // namespace honeyswitch::control
