// Any bytes as an operator's request: the answer is one line of JSON, with rows or an error.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include <nlohmann/json.hpp>

#include "control/operator/operator_request.hpp"
#include "tests/unit/fakes/fake_inspect.hpp"
#include "tests/unit/fakes/fake_operate.hpp"

namespace control = honeyswitch::control;

namespace {

control::FakeInspect small_switch() {
    control::FakeInspect inspect;
    for (std::uint32_t i = 0; i < 5; ++i)
        inspect.session_rows.push_back(control::session_row(i, "198.51.100.7", "10.1.2.3"));
    inspect.active_rows = {{control::address("10.1.0.1"), {"static"}, control::at(0)}};
    inspect.domain_rows = {{control::prefix("10.1.0.0/16"), control::DomainState::known, {"east"}, 1, 5, {}}};
    inspect.honeypot_rows = {{.name = "main", .pool = "default", .port = "dev:h", .vlan = 5}};
    inspect.pool_rows = {{.name = "default"}};
    inspect.rule_rows = {{.name = "web"}};
    inspect.list_rows = {{.name = "scanners", .file = "x"}};
    inspect.entry_rows = {{"scanners", control::prefix("198.51.100.7/32"), {"file"}, {}}};
    inspect.progress_rows = {
        {.protocol = 6, .port = 22},
        {.by = control::ProgressBy::network, .network = control::prefix("198.51.0.0/16")}};
    return inspect;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const auto inspect = small_switch();
    control::FakeOperate operate;  // anew, or what it keeps would only grow
    const auto response =
        control::answer({reinterpret_cast<const char*>(data), size}, inspect, operate, control::at(1'000));
    if (response.find('\n') != response.size() - 1) std::abort();
    const auto document = nlohmann::json::parse(response, nullptr, false);
    if (!document.contains("rows") && !document.contains("error")) std::abort();
    return 0;
}
