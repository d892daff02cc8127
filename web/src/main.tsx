import { render } from 'preact';
import './settings.ts'; // before anything is drawn
import { Page } from './view/Page.tsx';

render(<Page />, document.getElementById('page')!);
