// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;

namespace Wfpatch.Core.Refusals;

/// <summary>Codes 7xx: generations and transitions.</summary>
public static class TransitionRefusals
{

    public static readonly ImmutableArray<RefusalKind> All = [];
}
