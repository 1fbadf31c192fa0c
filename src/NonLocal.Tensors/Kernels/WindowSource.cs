using System.Runtime.CompilerServices;

namespace NonLocal.Tensors.Kernels;

/// <summary>A convolution's left matrix [grid positions, taps · channels]: the packing gathers from the map.</summary>
internal readonly unsafe struct WindowSource(WindowMap windows) : ILeftSource
{
    private const int MostPanelRows = 12;

    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Pack<T>(int batch, int row, int rows, int k, int length, int panelRows, float* to, nint panelStride)
        where T : unmanaged, ISimd<T>
    {
        float* buffer = stackalloc float[MostPanelRows * ProductPlan.InnerBlock];
        WindowPlace* places = stackalloc WindowPlace[MostPanelRows];
        float** lanes = stackalloc float*[MostPanelRows];
        WindowSegment* segments = stackalloc WindowSegment[ProductPlan.InnerBlock];
        int segmentCount = windows.Cut(k, length, segments);
        GridCursor cursor = windows.CursorAt(row);
        for (int first = 0; first < rows; first += panelRows)
        {
            int count = Math.Min(panelRows, rows - first);
            for (int i = 0; i < count; i++)
            {
                places[i] = new WindowPlace(cursor);
                cursor.MoveNext();
            }

            float* place = to;
            for (int part = 0; part < segmentCount; part++)
            {
                for (int i = 0; i < panelRows; i++)
                {
                    // Missing rows repeat the last one; their sums are never written.
                    lanes[i] = i < count
                        ? windows.Read(batch, places[i], segments[part], buffer + (i * ProductPlan.InnerBlock))
                        : lanes[count - 1];
                }

                PanelPacking.Turn(lanes, segments[part].Length, panelRows, place);
                place += segments[part].Length * panelRows;
            }

            to += panelStride;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void OutputRows(int row, int rows, nint* to)
    {
        GridCursor cursor = windows.CursorAt(row);
        for (int i = 0; i < rows; i++)
        {
            to[i] = cursor.Output;
            cursor.MoveNext();
        }
    }
}

/// <summary>A weight gradient's left matrix [taps · channels, grid positions]: the windows, transposed.</summary>
internal readonly unsafe struct WindowColumnsSource(WindowMap windows) : ILeftSource
{
    // Rows of a task never exceed 20 panels of 12.
    private const int MostRows = 256;

    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Pack<T>(int batch, int row, int rows, int k, int length, int panelRows, float* to, nint panelStride)
        where T : unmanaged, ISimd<T>
    {
        float* line = stackalloc float[MostRows];
        WindowSegment* segments = stackalloc WindowSegment[MostRows];
        int segmentCount = windows.Cut(row, rows, segments);
        GridCursor cursor = windows.CursorAt(k);
        for (int p = 0; p < length; p++)
        {
            WindowPlace place = new(cursor);
            cursor.MoveNext();
            float* from = line;
            float* at = line;
            for (int part = 0; part < segmentCount; part++)
            {
                float* read = windows.Read(batch, place, segments[part], at);
                int count = segments[part].Length;
                if (segmentCount == 1)
                {
                    from = read;
                }
                else if (read != at)
                {
                    Unsafe.CopyBlockUnaligned(at, read, (uint)count * sizeof(float));
                }

                at += count;
            }

            PanelPacking.Deal(from, rows, panelRows, to + (p * panelRows), panelStride);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void OutputRows(int row, int rows, nint* to)
    {
        for (int i = 0; i < rows; i++)
        {
            to[i] = row + i;
        }
    }
}
