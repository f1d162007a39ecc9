// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Testing;

namespace Wfpatch.Live.Tests.Running;

/// <summary>Files of this test run; they are gone when it ends. Other users can read them: some commands run as another user.</summary>
public static class ScratchFolder
{
    private static readonly string Root = Create();
    private static int _count;

    /// <summary>A path in a folder of its own, where nothing is yet.</summary>
    public static string NewFile(string name)
    {
        string folder = Path.Combine(Root, $"{Interlocked.Increment(ref _count)}");
        Directory.CreateDirectory(folder);
        return Path.Combine(folder, name);
    }

    private static string Create()
    {
        string folder = RepositoryRoot.Combine("out", "scratch", $"{Environment.ProcessId}");
        Directory.CreateDirectory(folder);
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(folder, recursive: true);
        return folder;
    }
}
