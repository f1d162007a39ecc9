// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;

namespace Wfpatch.Core.Refusals;

/// <summary>Codes 24x to 25x: getting and building sources, finding out which installed file is meant.</summary>
public static class BuildRefusals
{
    public static readonly RefusalKind CannotRead = new("WF240", "cannot-read", "A file or folder cannot be read or written.", "Check the path and its permissions.");
    public static readonly RefusalKind NoObjects = new("WF241", "no-objects", "A tree holds no object files.", "Build the tree first and leave its object files in place.");
    public static readonly RefusalKind NotInstalled = new("WF242", "package-not-installed", "The Debian package is not installed, so that there is nothing to be patched.", "Install the package, or check its name.");
    public static readonly RefusalKind NoSource = new("WF243", "no-source", "The package's source in the installed version cannot be had.", "Check that the Debian sources of this machine still carry that version.");
    public static readonly RefusalKind BuildDependencies = new("WF244", "build-dependencies", "The package's build dependencies are not installed and cannot be installed.", "Run as root, or let an administrator install the build dependencies.");
    public static readonly RefusalKind PatchDoesNotApply = new("WF245", "patch-does-not-apply", "The source patch does not apply to the package's source.", "Make the patch against the installed version's source; it is applied with patch -p1.");
    public static readonly RefusalKind BuildFailed = new("WF246", "build-failed", "The package's build ended with an error.", "Read the log that the message names.");
    public static readonly RefusalKind NoTarget = new("WF247", "no-target-object", "The changed objects went into no program or library that the package installs.", "Check that the change reaches the installed files.");
    public static readonly RefusalKind SeveralTargets = new("WF248", "several-target-objects", "The change reaches several installed programs or libraries; a patch carries one for now.", "Name the one that is meant.");
    public static readonly RefusalKind AmbiguousObject = new("WF249", "ambiguous-object", "Two object files of a tree look like the same part of the program but change differently.", "Name trees that hold the objects of one program.");
    public static readonly RefusalKind ToolMissing = new("WF250", "tool-missing", "A program that the build needs is not installed.", "Install it.");
    public static readonly RefusalKind Cancelled = new("WF251", "build-cancelled", "The build was cancelled; nothing was kept.", "Start it again.");

    public static readonly ImmutableArray<RefusalKind> All =
    [
        CannotRead, NoObjects, NotInstalled, NoSource, BuildDependencies, PatchDoesNotApply, BuildFailed, NoTarget, SeveralTargets,
        AmbiguousObject, ToolMissing, Cancelled,
    ];
}
