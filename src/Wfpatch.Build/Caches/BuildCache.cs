// SPDX-License-Identifier: Apache-2.0
using System.IO.Hashing;
using System.Text;

namespace Wfpatch.Build.Caches;

/// <summary>
/// Folders of finished work, named by what went into them. Work in progress stands in a folder beside them and gets its name
/// when it is complete, so that what has a name can be trusted. One process works at a time.
/// </summary>
internal sealed class BuildCache
{
    private BuildCache(string root) => Root = root;

    public string Root { get; }

    public string Logs => Path.Combine(Root, "logs");

    /// <summary>$XDG_CACHE_HOME/wfpatch or ~/.cache/wfpatch, unless named.</summary>
    public static BuildCache Open(string? folder)
    {
        string? shared = Environment.GetEnvironmentVariable("XDG_CACHE_HOME");
        string home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        string root = folder ?? Path.Combine(string.IsNullOrEmpty(shared) ? Path.Combine(home, ".cache") : shared, "wfpatch");
        var cache = new BuildCache(Path.GetFullPath(root));
        Directory.CreateDirectory(cache.Logs);
        return cache;
    }

    public static string KeyOf(params string[] parts) =>
        Convert.ToHexStringLower(XxHash128.Hash(Encoding.UTF8.GetBytes(string.Join('\0', parts))));

    public string Folder(string kind, string key) => Path.Combine(Root, kind, key);

    /// <summary>A new log; the last one of that name is overwritten.</summary>
    public string Log(string name)
    {
        string path = Path.Combine(Logs, name + ".log");
        File.WriteAllText(path, "");
        return path;
    }

    /// <summary>Waits until no other process works in this folder. Given back by disposing, or by the process's end.</summary>
    public async Task<IDisposable> LockAsync(CancellationToken cancel)
    {
        while (true)
        {
            try
            {
                return new FileStream(Path.Combine(Root, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(200), cancel);
            }
        }
    }

    public static void Remove(string folder)
    {
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
