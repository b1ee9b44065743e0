#include "reconcilers/core/reconciler.h"
