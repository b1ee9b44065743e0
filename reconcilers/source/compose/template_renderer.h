// What of a service goes into the template of its containers as it stands.
#pragma once

#include "reconcilers/source/compose/service.h"

namespace tinyforge::compose {

void RenderProcess(const Service& service, ContainerTemplate& container);
void RenderRights(const Service& service, ContainerTemplate& container);
void RenderNames(const Service& service, ContainerTemplate& container);
// Of a range of host ports for one container port the n-th replica has the n-th.
void RenderPorts(const Service& service, int replica, ContainerTemplate& container);
void RenderScheduling(const Resources& resources, ContainerTemplate& container);
void RenderHealthcheck(const Healthcheck& health, ContainerTemplate& container);

Limits LimitsOf(const Service& service);

}  // namespace tinyforge::compose
