// What went wrong, as control/ says it.
#pragma once

#include "dataplane/error.hpp"

namespace honeyswitch::control {

using dataplane::Error;

}  // namespace honeyswitch::control
