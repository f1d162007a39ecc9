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
    public static readonly RefusalKind PatchDoesNotApply = new("WF245", "patch-does-not-apply", "The source patch does not apply to the source.", "Make the patch against the source of the running version.");
    public static readonly RefusalKind BuildFailed = new("WF246", "build-failed", "The build ended with an error.", "Read the compiler's words in the message, or the log that it names.");
    public static readonly RefusalKind NoTarget = new("WF247", "no-target-object", "The changed objects went into no program or library that the package installs.", "Check that the change reaches the installed files.");
    public static readonly RefusalKind SeveralTargets = new("WF248", "several-target-objects", "The change reaches several programs or libraries.", "Name what is meant with --object, once for each; all go into one patch file.");
    public static readonly RefusalKind AmbiguousObject = new("WF249", "ambiguous-object", "Two object files of a tree look like the same part of the program but change differently.", "Name trees that hold the objects of one program.");
    public static readonly RefusalKind ToolMissing = new("WF250", "tool-missing", "A program that the build needs is not installed.", "Install it.");
    public static readonly RefusalKind Cancelled = new("WF251", "build-cancelled", "The build was cancelled; nothing was kept.", "Start it again.");
    public static readonly RefusalKind NoSpace = new("WF252", "no-space", "The file system is full.", "Make room, or name another folder with --cache.");
    public static readonly RefusalKind NoBuildSystem = new("WF253", "no-build-system", "It is not known how the source tree is built.", "Say how with --make.");
    public static readonly RefusalKind NotWatched = new("WF254", "compiler-not-watched", "The build compiled nothing by a compiler's name on PATH, so that it could not be given a section for each function.", "Let the build call its compiler by name (CC=gcc), not by an absolute path.");
    public static readonly RefusalKind SourceChanged = new("WF255", "source-changed", "The source tree changed while it was built.", "Start again when nobody changes it.");
    public static readonly RefusalKind BadCompileCommands = new("WF256", "bad-compile-commands", "The compilation database is not what it should be.", "Let the build system write it anew (cmake -DCMAKE_EXPORT_COMPILE_COMMANDS=ON, meson, bear).");
    public static readonly RefusalKind NotCompiled = new("WF257", "not-compiled", "No unit of the build reads a file that the source patch changes.", "Check that the changed files are part of this build.");
    public static readonly RefusalKind OriginalRead = new("WF258", "original-read", "A compile with the fix read a file without it.", "Build with --source, which builds the whole tree in a place of its own.");

    public static readonly ImmutableArray<RefusalKind> All =
    [
        CannotRead, NoObjects, NotInstalled, NoSource, BuildDependencies, PatchDoesNotApply, BuildFailed, NoTarget, SeveralTargets,
        AmbiguousObject, ToolMissing, Cancelled, NoSpace, NoBuildSystem, NotWatched, SourceChanged, BadCompileCommands, NotCompiled, OriginalRead,
    ];
}
