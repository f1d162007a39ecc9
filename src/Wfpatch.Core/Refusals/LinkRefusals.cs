// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;

namespace Wfpatch.Core.Refusals;

/// <summary>Codes 5xx: linking the new code for one process.</summary>
public static class LinkRefusals
{

    public static readonly ImmutableArray<RefusalKind> All = [];
}
