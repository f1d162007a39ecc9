// SPDX-License-Identifier: Apache-2.0
namespace Wfpatch.Build.Compilers;

/// <summary>Says what is compiled now, as the records appear. Ends when it is disposed.</summary>
internal sealed class CompileProgress : IDisposable
{
    private readonly Lock _gate = new();
    private readonly FileSystemWatcher? _watcher;
    private readonly IProgress<BuildEvent>? _progress;
    private readonly BuildStage _stage;
    private int _count;
    private bool _isOver;

    public CompileProgress(string records, BuildStage stage, IProgress<BuildEvent>? progress)
    {
        _progress = progress;
        _stage = stage;
        if (progress is null)
        {
            return;
        }
        Directory.CreateDirectory(records);
        try
        {
            _watcher = new FileSystemWatcher(records) { NotifyFilter = NotifyFilters.FileName };
            _watcher.Created += (_, created) => Report(created.FullPath);
            _watcher.EnableRaisingEvents = true;
        }
        catch (IOException)
        {
            // No more inotify instances for this user: the build goes on without a count.
            _watcher = null;
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _isOver = true;
        }
        _watcher?.Dispose();
    }

    private void Report(string record)
    {
        if (!RecordFolder.IsRecord(record))
        {
            return;
        }
        lock (_gate)
        {
            if (!_isOver && UnitOf(record) is { } unit)
            {
                _progress!.Report(new BuildEvent(_stage, $"compiling {unit}") { Unit = unit, Count = ++_count });
            }
        }
    }

    private static string? UnitOf(string record)
    {
        try
        {
            // The wrapper may still be writing: then the name is not known, and the compile counts all the same.
            return CompileRecord.Parse(File.ReadAllBytes(record)) is { } read ? read.Sources.FirstOrDefault() : "...";
        }
        catch (IOException)
        {
            return null;
        }
    }
}
