// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;

namespace Wfpatch.Core.Refusals;

/// <summary>Codes 3xx: run-pre match, the patch against the running bytes.</summary>
public static class MatchRefusals
{

    public static readonly ImmutableArray<RefusalKind> All = [];
}
