// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;

namespace Wfpatch.Core.Refusals;

/// <summary>Codes 4xx: redirecting a function.</summary>
public static class RedirectRefusals
{

    public static readonly ImmutableArray<RefusalKind> All = [];
}
