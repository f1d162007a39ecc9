// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;

namespace Wfpatch.Core.Refusals;

/// <summary>The one table of codes: docs/codes.md is generated from it. Each area's rows stand in a file of their own beside this one.</summary>
public static class RefusalTable
{
    public static readonly ImmutableArray<RefusalKind> All =
    [
        .. FileRefusals.All,
        .. DiffRefusals.All,
        .. MatchRefusals.All,
        .. RedirectRefusals.All,
        .. LinkRefusals.All,
        .. TargetRefusals.All,
        .. AuditRefusals.All,
        .. TransitionRefusals.All,
    ];
}
