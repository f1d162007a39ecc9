// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;

namespace Wfpatch.Core.Refusals;

/// <summary>Codes 6xx: the target process.</summary>
public static class TargetRefusals
{

    public static readonly ImmutableArray<RefusalKind> All = [];
}
