// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Live.Tests.Running;
using Wfpatch.Testing;
using Xunit;

[assembly: AssemblyFixture(typeof(ScratchFolder.Cleaner))]

namespace Wfpatch.Live.Tests.Running;

/// <summary>Files of this test run; they are gone when it ends. Other users can read them: some commands run as another user.</summary>
public static class ScratchFolder
{
    private static readonly string Root = RepositoryRoot.Combine("out", "scratch", $"{Environment.ProcessId}");
    private static int _count;

    /// <summary>A path in a folder of its own, where nothing is yet.</summary>
    public static string NewFile(string name)
    {
        string folder = Path.Combine(Root, $"{Interlocked.Increment(ref _count)}");
        Directory.CreateDirectory(folder);
        return Path.Combine(folder, name);
    }

    /// <summary>Deletes them behind the last test. Not at the exit of the process, which the runner allows ten seconds for.</summary>
    public sealed class Cleaner : IDisposable
    {
        public void Dispose()
        {
            if (Directory.Exists(Root))
            {
                Directory.Delete(Root, recursive: true);
            }
        }
    }
}
