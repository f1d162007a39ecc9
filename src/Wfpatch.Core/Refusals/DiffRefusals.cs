// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;

namespace Wfpatch.Core.Refusals;

/// <summary>Codes 2xx: comparing two builds and making a patch of the difference.</summary>
public static class DiffRefusals
{

    public static readonly ImmutableArray<RefusalKind> All = [];
}
