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
        GridCursor cursor = new(windows.Grid, row);
        for (int first = 0; first < rows; first += panelRows)
        {
            int count = Math.Min(panelRows, rows - first);
            for (int i = 0; i < count; i++)
            {
                places[i] = new WindowPlace(cursor);
                cursor.MoveNext();
            }

            for (int inner = k; inner < k + length;)
            {
                WindowRun run = windows.Run(inner);
                int from = inner - run.Start;
                int part = Math.Min(windows.RunLength - from, k + length - inner);
                for (int i = 0; i < panelRows; i++)
                {
                    // Missing rows repeat the last one; their sums are never written.
                    lanes[i] = i < count
                        ? windows.Read(batch, places[i], run, from, part, buffer + (i * ProductPlan.InnerBlock))
                        : lanes[count - 1];
                }

                PackLanes(lanes, part, panelRows, to + ((nint)(inner - k) * panelRows));
                inner += part;
            }

            to += panelStride;
        }
    }

    public void OutputRows(int row, int rows, nint* to)
    {
        GridCursor cursor = new(windows.Grid, row);
        for (int i = 0; i < rows; i++)
        {
            to[i] = cursor.Output;
            cursor.MoveNext();
        }
    }

    private static void PackLanes(float** lanes, int length, int panelRows, float* to)
    {
        for (int lane = 0; lane < panelRows; lane += 4)
        {
            int group = Math.Min(lane, panelRows - 4);
            PanelPacking.FourLanes(lanes[group], lanes[group + 1], lanes[group + 2], lanes[group + 3], length, panelRows, to + group);
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
        GridCursor cursor = new(windows.Grid, k);
        for (int p = 0; p < length; p++)
        {
            WindowPlace place = new(cursor);
            cursor.MoveNext();
            for (int inner = row; inner < row + rows;)
            {
                WindowRun run = windows.Run(inner);
                int from = inner - run.Start;
                int part = Math.Min(windows.RunLength - from, row + rows - inner);
                float* at = line + (inner - row);
                float* read = windows.Read(batch, place, run, from, part, at);
                if (read != at)
                {
                    Unsafe.CopyBlockUnaligned(at, read, (uint)part * sizeof(float));
                }

                inner += part;
            }

            PanelPacking.Deal(line, rows, panelRows, to + (p * panelRows), panelStride);
        }
    }

    public void OutputRows(int row, int rows, nint* to)
    {
        for (int i = 0; i < rows; i++)
        {
            to[i] = row + i;
        }
    }
}
