import { defineConfig } from 'vite';

// JSX is compiled by Vite itself (tsconfig's jsxImportSource); no plugin.
export default defineConfig({
  build: {
    target: 'es2022',
    // Empties dist; public/.gitkeep puts back the file with which the Go package compiles unbuilt.
    emptyOutDir: true,
    modulePreload: { polyfill: false },
    // Everything is a file of our own: the Content-Security-Policy allows no data: URLs.
    assetsInlineLimit: 0,
    reportCompressedSize: false,
  },
  server: {
    proxy: {
      '/api': 'http://127.0.0.1:8080',
      '/chat': { target: 'http://127.0.0.1:8080', ws: true },
    },
  },
});
